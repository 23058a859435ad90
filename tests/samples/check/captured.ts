import net from "node:net";

export default async function main() {
  const socket = new net.Socket(); // held: Socket
  const send = (text: string) => socket.write(text);
  await null;
  send("late");
}
