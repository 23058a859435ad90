/**
 * Ends this process at once and without any of its exit handlers, with every process that it has started: a function that is killed
 * takes its children along. The process platform makes each worker the leader of a process group for this.
 */
export function killOwnGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // Not the leader of a group (started by hand, or on a system without groups).
    process.kill(process.pid, "SIGKILL");
  }
}
