/** The dialog that adds a forward. The gateway checks the values; the page shows its words beside the field. */
import { dialogParts, wireDialog } from "../../../page/app/dialogs.js";
import { find, make, setText } from "../../../page/app/dom.js";
import { span } from "../../../page/app/format.js";
import type { Who } from "./documents.js";
import type { MachineItem } from "./model.js";
import { FIELDS, type Field, newForward, usualPort } from "./new-forward.js";

/** @param create sends the request; rejects with the gateway's refusal. */
export function addDialog(
  { usual, address }: Who,
  create: (body: Record<string, unknown>, key: string) => Promise<void>,
) {
  const parts = dialogParts("add");
  const input = (field: Field) => document.getElementById(field) as HTMLInputElement | HTMLSelectElement;
  const names = find("known-names", HTMLDataListElement);
  let known: readonly MachineItem[] = [];
  /** Repeated clicks send the same idempotency key. */
  let key = "";

  const mark = (wrong: Field | undefined, reason: string) => {
    for (const field of FIELDS) {
      setText(find(`${field}-error`, HTMLElement), field === wrong ? reason : "");
      input(field).setAttribute("aria-invalid", String(field === wrong));
    }
    setText(parts.error, wrong === undefined ? reason : "");
    if (wrong !== undefined) input(wrong).focus();
  };

  // Fill in what is known of the machine.
  const describe = () => {
    const machine = known.find(({ name }) => name === input("target_name").value.trim());
    if (machine === undefined) return;
    if (input("target_addr").value === "") input("target_addr").value = machine.addr;
    if (input("target_component").value === "") input("target_component").value = machine.component;
  };
  const suggestPort = () => {
    const port = usualPort(input("target_component").value);
    if (port !== undefined && input("target_port").value === "") input("target_port").value = String(port);
  };
  const renew = () => {
    key = crypto.randomUUID();
  };
  const { signal } = parts;
  input("target_name").addEventListener("change", describe, { signal });
  input("target_component").addEventListener("change", suggestPort, { signal });
  const { seconds } = usual;
  setText(find("usual-end", HTMLElement), seconds === undefined ? "never" : `after ${span(seconds * 1000)}`);
  input("sources").setAttribute(
    "placeholder",
    usual.sources === "caller" ? `only ${address}, where you are` : "anywhere",
  );
  parts.form.addEventListener("input", renew, { signal });

  wireDialog(
    parts,
    async () => {
      mark(undefined, "");
      await create(
        newForward((field) => input(field).value.trim()),
        key,
      );
      parts.dialog.close();
    },
    (reason) => mark(fieldOf(reason), reason),
  );

  return {
    /** @param machine fills in its fields. */
    open(machines: readonly MachineItem[], machine?: MachineItem) {
      known = machines;
      key = crypto.randomUUID();
      parts.form.reset();
      mark(undefined, "");
      names.replaceChildren(
        ...machines.map(({ name, addr }) => {
          const option = make("option", "", addr);
          option.value = name;
          return option;
        }),
      );
      if (machine !== undefined) {
        input("target_name").value = machine.name;
        describe();
        suggestPort();
      }
      parts.dialog.showModal();
      input(machine === undefined ? "target_name" : "target_port").focus();
    },
    end: parts.end,
  };
}

/** The gateway's messages begin with the name of the field: "target_port is 0: it must be …". */
function fieldOf(reason: string): Field | undefined {
  const taken = /^port [0-9]+ is in use/.test(reason) ? "conn_port" : undefined;
  return FIELDS.find((field) => new RegExp(`^${field}\\b`).test(reason)) ?? taken;
}
