import { temporaryData } from '../util/sqlite.ts';
import { storeContract } from './store.ts';

storeContract('SQLite', async () => temporaryData());
