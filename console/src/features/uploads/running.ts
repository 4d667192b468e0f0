/** Whether files are being sent: the script that sends them, which comes with the first, knows. */
export const uploads = { areRunning: (): boolean => false };
