/** Commands that reach a host, to be copied. */
import { button, make, setLabel } from "../../../page/app/dom.js";
import { copy } from "../../../page/app/say.js";
import type { Api } from "./api.js";
import type { HostPanel } from "./host-panel.js";

export function connectPanel(_api: Api, host: string): HostPanel {
  const commands = [
    { label: "A shell", text: `sallyport ssh ${host}` },
    { label: "One command", text: `sallyport ssh ${host} -- uname -a` },
    { label: "Send a file", text: `sallyport put FILE ${host}:shared/` },
    { label: "Check it from here", text: `sallyport verify ${host}` },
  ];
  const rows = commands.map((command) => {
    const copying = button("Copy", "plain", () => void copy(command));
    setLabel(copying, `Copy: ${command.label}`);
    return make("li", "command", make("span", "soft", command.label), make("code", "", command.text), copying);
  });
  return { element: make("ul", "commands", ...rows), update: () => undefined, end: () => undefined };
}
