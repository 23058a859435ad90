/** The door of the client: how other programs speak with a server. */
export { type ControlClient, connectControl } from "./control.ts";
