import { SettingsError } from '../config.ts';

/** What stands in a file that a setting names. @throws SettingsError when it cannot be read */
export async function readSettingFile(setting: string, file: string): Promise<string> {
  try {
    return await Bun.file(file).text();
  } catch (error) {
    throw new SettingsError([`${setting}: ${file} cannot be read: ${(error as Error).message}`]);
  }
}

/** The first line of such a file, as of one with a password. @throws SettingsError also when it is empty */
export async function firstLineOf(setting: string, file: string): Promise<string> {
  const [line = ''] = (await readSettingFile(setting, file)).split(/\r?\n/);
  if (line === '') throw new SettingsError([`${setting}: ${file} is empty`]);
  return line;
}
