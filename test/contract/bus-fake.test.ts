import { FakeBroker } from '../fake/bus.ts';
import { busContract } from './bus.ts';

busContract('fake', async () => {
  const broker = new FakeBroker();
  return { make: (node) => broker.bus(node) };
});
