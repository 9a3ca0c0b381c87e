/** The action's code cannot be had or has no such function: the message is the whole sentence, no stack belongs to it. */
export class CodeError extends Error {
  override readonly name = 'CodeError';
}
