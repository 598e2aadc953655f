/** Writes and numbers the events of one stream (B1, B3). */
export class EventWriter {
  /** The number of the next event. */
  sequence = 0;

  /** An event of which `members` is the JSON text of all members but type and number. */
  write(type: string, members: string): string {
    return this.begin(type, members) + this.end();
  }

  /** What stands before a member that changes from event to event. */
  begin(type: string, members: string): string {
    return `event: ${type}\ndata: {"type":"${type}",${members}`;
  }

  /** What ends an event. */
  end(): string {
    return `,"sequence_number":${this.sequence++}}\n\n`;
  }
}
