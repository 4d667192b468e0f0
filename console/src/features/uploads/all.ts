/** All that sends files: one script, loaded with the first of them. */
export { Tray } from "./tray";
export { add, dropAll, resumeLeft } from "./uploads";
