import { homedir } from 'node:os';

/** The folder that `~` stands for: the root folder for a user without one, as in a container without /etc/passwd. */
export function homeFolder(find = homedir): string {
  try {
    return find();
  } catch {
    return '/';
  }
}
