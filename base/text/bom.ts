/** Text without the byte order mark that some programs write in front of it, and that no format of ours has. */
export const withoutBom = (text: string): string => (text.startsWith("\uFEFF") ? text.slice(1) : text);
