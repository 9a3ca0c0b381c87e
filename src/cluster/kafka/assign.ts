import type { PartitionAssigner } from 'kafkajs';
import { assignPartitions } from '../choose.ts';

/** Shares out as `assignPartitions` does: each member tells what it had. */
export async function stickyAssigner(owned: () => readonly number[]): Promise<PartitionAssigner> {
  const { AssignerProtocol } = await import('kafkajs');
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  const [name, version] = ['WhiskletSticky', 0];
  return ({ cluster }) => ({
    ...{ name, version },
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) }),
    }),
    async assign({ members, topics: [topic = ''] }) {
      const had = members.map(({ memberId, memberMetadata }) => {
        const userData = MemberMetadata.decode(memberMetadata)?.userData;
        return [memberId, partitionsIn(userData)] as const;
      });
      const { length } = cluster.findTopicPartitionMetadata(topic);
      return [...assignPartitions(new Map(had), length)].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: { [topic]: [...partitions] },
          userData: NO_DATA,
        }),
      }));
    },
  });
}

const NO_DATA = Buffer.alloc(0);

function partitionsIn(userData: Buffer | undefined): number[] {
  try {
    const found: unknown = JSON.parse(String(userData));
    return Array.isArray(found) ? found.filter((each) => Number.isInteger(each)) : [];
  } catch {
    return [];
  }
}
