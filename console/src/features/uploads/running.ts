/** Whether files are being sent, and whether any are left to be: known to the script that sends them, once it is there. */
export const uploads = { areRunning: (): boolean => false, areLeft: (): boolean => false };
