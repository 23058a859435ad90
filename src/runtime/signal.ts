/**
 * `signal[0] !== 0`: somebody wants running tasks to look up (a time limit is near, a checkpoint is due). One array for
 * the whole process, over shared memory, so that a watchdog thread can raise it while compiled code spins. `signal[1]` counts the stretches
 * that the worker has given to tasks, so that the thread can tell how long one has run without looking up.
 */
export const signal = new Int32Array(new SharedArrayBuffer(8));
