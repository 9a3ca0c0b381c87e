/**
 * A feed's action that keeps nothing: it answers what it was told. It fails at the event that its parameter `fail` names,
 * and takes its time at the one that `late` names.
 */
export const feedCode = `function main({ lifecycleEvent, triggerName, authKey, fail, late, ...own }) {
  console.log(lifecycleEvent, triggerName);
  if (fail === lifecycleEvent) return { error: 'the provider says no' };
  const answer = { lifecycleEvent, triggerName, authKey, own };
  return late === lifecycleEvent ? new Promise((done) => setTimeout(done, 500, answer)) : answer;
}`;
