/** Writes the documents that are made from the sources: `bun run docs`. */
import { describeSettings } from '../src/config.ts';

const intro = `# Settings

<!-- Written by \`bun run docs\` from the rows in src/settings/; a test holds that both agree. -->

Every setting has one name in four spellings: the option \`--pool-memory\`, the variable \`WHISKLET_POOL_MEMORY\`, the key \`pool-memory\` in a
TOML file that \`--config FILE\` or \`WHISKLET_CONFIG\` names. An option wins over a variable, a variable over the file, the file over the default.
Names that Whisklet does not know are refused, wherever they stand.

\`\`\`toml
pool-memory = "2 GB"
host = ["127.0.0.1", "192.168.1.10"]

[limits]
memory-max = "1 GB"

[users]
alice = "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:a-key-of-at-least-64-characters…"
\`\`\`

Sizes and durations carry their unit: \`64 KB\`, \`512 MB\`, \`2 GB\`; \`500 ms\`, \`30 s\`, \`10 min\`, \`7 d\`.
`;

/** docs/config.md as the table of settings says it. */
export function configMarkdown(): string {
  const all = describeSettings();
  const sections = [...new Set(all.map(({ group }) => group))].map((group) => {
    const rows = all
      .filter((setting) => setting.group === group)
      .map(({ flag, short, variable, tomlKey, standard, what, expected, alias }) => {
        const names = [short ? `\`${flag}\`, \`${short}\`` : `\`${flag}\``, `\`${variable}\``, `\`${tomlKey}\``];
        const also = alias.length > 0 ? ` ${alias.map((name) => `\`${name}\``).join(' or ')} sets it too.` : '';
        return `| ${names.join('<br>')} | ${cell(standard)} | ${cell(what + also)} | ${cell(expected)} |`;
      });
    return `## ${group}\n\n| setting | default | | value |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return [intro, ...sections].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  await Bun.write(new URL('../docs/config.md', import.meta.url), configMarkdown());
}
