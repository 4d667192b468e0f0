/**
 * Ends a session by `end`, and drops uploads once that has succeeded: where it has not they go on. What drops them is loaded
 * before, so that a session never ends without it.
 */
export async function dropAfter(
  end: () => Promise<void>,
  load: () => Promise<{ dropAll: () => Promise<void> } | null>,
): Promise<void> {
  const uploads = await load();
  await end();
  await uploads?.dropAll();
}
