/** Whether files are being sent, and whether any are left to be: known to the script that sends them, once it is there. */
export const uploads = { areRunning: (): boolean => false, areLeft: (): boolean => false };

const MARK = "uploads";

/** Whether there may be records of uploads: a look that needs no database. */
export const mayHaveRecords = (): boolean => localStorage.getItem(MARK) !== null;
export const mark = (): void => localStorage.setItem(MARK, "1");
export const unmark = (): void => localStorage.removeItem(MARK);
