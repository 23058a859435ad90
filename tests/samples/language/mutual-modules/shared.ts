export let count = 0;
export const history: string[] = [];
export function bump(who: string): void { count += 1; history.push(who); }
export const set = (n: number) => { count = n; };
export default class {}
