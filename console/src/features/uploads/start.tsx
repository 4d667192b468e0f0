import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { account } from "../../app/session";
import { t } from "../../i18n";
import { toast, toastError } from "../../ui/toast";
import type { Target } from "../files/commands";
import { sending } from "../load";
import { dropAfter } from "./dropping";
import { fromInput, type Gathered } from "./entries";
import { mayHaveRecords } from "./running";

/** Loads what sends files, which comes with the first of them, and shows it. */
const load = async () => {
  const uploads = await sending();
  tray.value = uploads.Tray;
  return uploads;
};

const tray = signal<FunctionComponent | null>(null);

/** Milliseconds after which it is told that files are still being found: thousands take some seconds. */
const SLOW = 1000;

export async function upload(gathered: Gathered | Promise<Gathered>, target: Target): Promise<void> {
  const timer = setTimeout(() => toast(t("upload.reading")), SLOW);
  try {
    const [uploads, found] = await Promise.all([load(), gathered]);
    clearTimeout(timer);
    await uploads.add(found, target);
  } catch (error) {
    clearTimeout(timer);
    toastError(error);
  }
}

/** Ends the session by `end`, and with it all uploads of its user. */
export async function dropUploadsAfter(end: () => Promise<void>): Promise<void> {
  const user = account.peek()?.id;
  await dropAfter(end, async () => {
    if (!user || !(tray.value || mayHaveRecords())) return null;
    const { dropAll } = await load();
    return { dropAll: () => dropAll(user) };
  });
}

/** The tray, once there is something in it; goes on with what was left when someone is signed in. */
export function UploadTray() {
  const user = account.value?.id;
  useEffect(() => {
    if (user && (tray.peek() || mayHaveRecords())) void load().then((uploads) => uploads.resumeLeft(), toastError);
  }, [user]);
  const Tray = tray.value;
  return Tray && <Tray />;
}

/** Opens the system's chooser: for files, or for a whole folder. */
export function useChooser(target: Target) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement) => {
    if (input.files) void upload(fromInput([...input.files]), target);
    input.value = "";
  };
  return {
    files: () => files.current?.click(),
    folder: () => folder.current?.click(),
    inputs: (
      <>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label={t("upload.files")}
          onChange={(event) => chosen(event.currentTarget)}
        />
        <input
          ref={folder}
          type="file"
          {...{ webkitdirectory: true }}
          hidden
          aria-label={t("upload.folder")}
          onChange={(event) => chosen(event.currentTarget)}
        />
      </>
    ),
  };
}
