/**
 * `signal[0] !== 0`: somebody wants running tasks to look up (a time limit is near, a checkpoint is due). One array for
 * the whole process, over shared memory, so that a watchdog thread can raise it while compiled code spins.
 */
export const signal = new Int32Array(new SharedArrayBuffer(4));
