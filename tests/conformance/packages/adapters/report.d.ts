/** Where tests report, outside the task. */
declare module "continua:conformance" {
  export function begin(at: number, title: string): void;
  export function done(): void;
  export function end(at: number, outcome: "passed" | "failed" | "skipped", reason: string): void;
}
