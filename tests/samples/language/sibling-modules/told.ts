/** What happened, in order; the modules beside each other write it. */
export const told: string[] = [];
