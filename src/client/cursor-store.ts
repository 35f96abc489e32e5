/** Where cursors outlive the process: local storage, a file, a table. */
export interface CursorStore {
  load(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Called when the consumer has taken the item and asks for the next one. A failure ends the stream with it. */
  save(key: string, cursor: string): void | Promise<void>;
}
