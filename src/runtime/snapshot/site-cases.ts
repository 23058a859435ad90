/** How the places of frames are written: the site of a function, and a label of it with the names of its slots. */
import type { Label, Site } from "../../protocol/abi.ts";
import type { Case } from "./cases.ts";
import { kinds } from "./tags.ts";

export const siteCase: Case = {
  tag: kinds.site,
  isCode: true,
  shell(out, value) {
    out.shells.text((value as Site).id);
    out.shells.text((value as Site).hash);
  },
};

export const layoutCase = (site: Site, number: number, label: Label): Case => ({
  tag: kinds.layout,
  isCode: true,
  shell(out) {
    out.shells.varint(out.site(site));
    out.shells.varint(number);
    out.shells.varint(label.line);
    out.shells.varint(label.column);
    out.shells.varint(label.slots.length);
    for (const slot of label.slots) out.shells.text(slot);
  },
});
