/** The default theme with the reader's own fonts: the site loads nothing from elsewhere. */
import "./site.css";

export { default } from "vitepress/theme-without-fonts";
