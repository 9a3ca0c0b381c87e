/**
 * Every sentence that a user can read, in OpenWhisk's wording (common/scala/.../http/ErrorResponse.scala,
 * `Messages`), because clients match on it. Sentences of our own stand at the end.
 */
export const messages = {
  // Pekko's default texts, which OpenWhisk passes on
  notFound: 'The requested resource could not be found.',
  methodNotAllowed: (allowed: string) => `HTTP method not allowed, supported methods: ${allowed}`,
  authenticationMissing: 'The resource requires authentication, which was not supplied with the request',
  authenticationInvalid: 'The supplied authentication is invalid',
  contentMalformed: (why: string) => `The request content was malformed:\n${why}`,
  queryMalformed: (parameter: string, why: string) => `The query parameter '${parameter}' was malformed:\n${why}`,
  contentTypeUnsupported: (type: string) =>
    `The request's Content-Type [${type}] is not supported. Expected:\napplication/json`,
  notBoolean: (value: string) => `'${value}' is not a valid Boolean value`,
  objectExpected: 'JSON object expected',
  internalError: 'There was an internal server error.',

  // Entities
  resourceDoesNotExist: 'The requested resource does not exist.',
  packageDoesNotExist: (name: string) => `The requested resource '${name}' does not exist.`,
  alreadyExists: 'resource already exists',
  conflict: 'Concurrent modification to resource detected.',
  corrupted: 'Resource is corrupted and cannot be read.',
  conformance: 'Resource by this name exists but is not in this collection.',
  notAuthorizedTo: (value: string) => `The supplied authentication is not authorized to access '${value}'.`,
  notAuthorizedToKind: (kind: string) =>
    `The supplied authentication is not authorized to access actions of kind '${kind}'.`,
  nameTooLong: (field: string, is: number, allowed: number) => `${field} longer than allowed: ${is} > ${allowed}.`,
  nameIllegal: 'The name of the entity contains illegal characters.',
  nameNotFull: 'The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
  namespaceIllegal: 'The namespace contains illegal characters.',
  entityTooBig: (field: string, is: number, allowed: number) =>
    `${field} larger than allowed: ${is} > ${allowed} bytes.`,
  execUndefined: 'exec undefined',
  runtimeUnknown: (kind: string, valid: readonly string[]) =>
    `The specified runtime '${kind}' is not supported by this platform. Valid values are: ${valid.map((k) => `'${k}'`).join(', ')}.`,
  runtimeDeprecated: (kind: string) =>
    `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`,
  execCode: (kind: string) => `'code' must be a string or attachment object defined in 'exec' for '${kind}' actions`,
  execImage: "'image' must be a string defined in 'exec' for 'blackbox' actions",
  execImageName: 'could not parse image name',
  execCodeUnreadable: (code: unknown) => `Could not deserialize as attachment record: ${JSON.stringify(code)}`,
  execKind: "'kind' must be a string defined in 'exec'",
  execMain: (kind: string) => `'main' must be a string defined in 'exec' for '${kind}' actions`,
  parametersNotAllowed: 'Request defines parameters that are not allowed (e.g., reserved properties).',
  notAllowedOnBinding: 'Operation not permitted on package binding.',
  packageNameReserved: (name: string) => `Package name '${name}' is reserved.`,
  packageNotEmpty: (count: number) =>
    `Package not empty (contains ${count} ${count === 1 ? 'entity' : 'entities'}). Set force param or delete package contents.`,
  packageCannotBecomeBinding: 'Resource is a package and cannot be converted into a binding.',
  packageBindingCircular: (name: string) => `Package binding '${name}' contains a circular reference.`,
  bindingDoesNotExist: 'Binding references a package that does not exist.',
  bindingOfBinding: 'Cannot bind to another package binding.',
  bindingNotPackage: 'Cannot bind to a resource that is not a package.',
  feedNameInvalid: 'Feed name is not valid',
  ruleNeedsEnds: 'rule requires a valid trigger and a valid action',
  ruleWithoutTrigger: 'Only rules with existing triggers can be activated',
  ruleStatusUnknown: (status: string) => `requirement failed: ${status} is not a recognized rule state`,
  ruleInactive: (rule: string, action: string) => `Rule '${rule}' is inactive, action '${action}' was not activated.`,

  // Sequences and compositions
  sequenceTooLong: 'Too many actions in the sequence.',
  sequenceEmpty: 'No component specified for the sequence.',
  sequenceCyclic: 'Sequence may not refer to itself.',
  sequenceComponentNotFound: 'Sequence component does not exist.',
  sequenceFailed: 'Sequence failed.',
  compositionTooLong: 'Too many actions in the composition.',
  compositionFailed: 'Activation failure during composition.',
  compositionComponentInvalid: (value: string) =>
    `Failed to parse action name from json value ${value} during composition.`,
  compositionComponentNotFound: (name: string) => `Failed to resolve action with name '${name}' during composition.`,
  compositionComponentNotAccessible: (name: string) =>
    `Failed entitlement check for action with name '${name}' during composition.`,

  // Limits
  sizeAbove: (field: string, is: number, allowed: number) =>
    `${field} size ${is} MB exceeds allowed threshold of ${allowed} MB`,
  sizeBelow: (field: string, is: number, allowed: number) =>
    `${field} size ${is} MB below allowed threshold of ${allowed} MB`,
  sizeNegative: 'a negative size of an object is not allowed.',
  durationAbove: (field: string, is: number, allowed: number) =>
    `${field} ${is} milliseconds exceeds allowed threshold of ${allowed} milliseconds`,
  durationBelow: (field: string, is: number, allowed: number) =>
    `${field} ${is} milliseconds below allowed threshold of ${allowed} milliseconds`,
  concurrencyAbove: (is: number, allowed: number) => `concurrency ${is} exceeds allowed threshold of ${allowed}`,
  concurrencyBelow: (is: number, allowed: number) => `concurrency ${is} below allowed threshold of ${allowed}`,
  requirement: (why: string) => `requirement failed: ${why}`,
  tooManyRequests: (count: number, allowed: number) =>
    `Too many requests in the last minute (count: ${count}, allowed: ${allowed}).`,
  tooManyConcurrentRequests: (count: number, allowed: number) =>
    `Too many concurrent requests in flight (count: ${count}, allowed: ${allowed}).`,
  limitsInner: 'Inner entity level routes for limits are not yet implemented.',

  // Lists and queries
  listLimit: (value: string | number, max: number, collection: string) =>
    `The value '${value}' is not in the range of 0 to ${max} for ${collection}.`,
  listSkip: (value: string | number, collection: string) =>
    `The value '${value}' is not greater than or equal to 0 for ${collection}.`,
  notInteger: (value: string, collection: string) => `The value '${value}' is not an integer for ${collection}.`,
  docsNotAllowedWithCount: "The parameter 'docs' is not permitted with 'count'.",
  badNameFilter: (value: string) => `Parameter may be a 'simple' name or 'package-name/simple' name: ${value}`,
  badEpoch: (value: string) => `Parameter is not a valid value for epoch seconds: ${value}`,
  badTimeout: (max: number) => `Timeout must be number of milliseconds up to ${max}.`,
  activationIdIllegal: 'The activation id is not valid.',
  activationIdLength: (is: number) => `Activation id length is ${is} but must be 32.`,

  // What became of an activation
  abnormalInitialization: 'The action did not initialize and exited unexpectedly.',
  abnormalRun: 'The action did not produce a valid response and exited unexpectedly.',
  memoryExhausted: 'The action exhausted its memory and was aborted.',
  timedOut: (ms: number, during: 'init' | 'run') =>
    `The action exceeded its time limits of ${ms} milliseconds${during === 'init' ? ' during initialization' : ''}.`,
  invalidInit: (text: string) =>
    text ? `The action failed during initialization: ${text}` : 'The action failed during initialization.',
  invalidRun: (text: string) =>
    `The action did not produce a valid JSON or JSON Array response${text ? `: ${text}` : '.'}`,
  truncatedResponse: (is: number, allowed: number, head: string) =>
    `The action produced a response that exceeded the allowed length: ${is} > ${allowed} bytes. The truncated response was: ${head}`,
  actionRemoved: 'Action could not be found or may have been deleted.',
  provisionFailed: 'Failed to provision resources to run the action.',
  imagePullFailed: (image: string) => `Failed to pull container image '${image}'.`,
  commandNotFound: (image: string) => `executable file not found in image ${image}`,

  // Web actions
  webAuthenticationMissing: 'Authentication is possible but has failed or not yet been provided.',
  webMediaInvalid: (type: string) => `Response is not valid '${type}'.`,
  webPropertyMissing: 'Response does not include requested property.',
  webContentTypeUnknown: 'Response did not specify a known content-type.',
  webContentTypeMismatch: 'Response type in header did not match generated content type.',
  webNotReady: 'Response not yet ready.',
  webFailed: 'There was an error processing your request.',

  // Logs
  logsTruncated: (limit: number) =>
    `Logs were truncated because the total bytes size exceeds the limit of ${limit} bytes.`,
  logsFailed: 'There was an issue while collecting your logs. Data might be missing.',
  logsDeveloperError: 'The action did not initialize or run as expected. Log data might be missing.',

  // Ours: OpenWhisk has no such case
  brokenRuntime: (what: string) => `The runtime broke its protocol and was ended: ${what}.`,
  draining: 'The node is stopping and takes no new work. Try again in a moment.',
  nodesLost: (times: number) =>
    `The action was begun ${times} times, and each time the node that ran it was lost. It is not begun again.`,
  onlyElsewhere: 'Only another node can run the action, and it cannot now. Try again in a moment.',
  resultUnsendable: (limit: number) =>
    `The result of the action is too long to come back from the node that ran it: messages between nodes have at most ${limit} bytes.`,
  nodeSilent: 'The action was given to another node, which did not answer in time.',
  journalAway: 'The node cannot write down what it would accept, so nothing was begun. Try again in a moment.',
  promiseAway: (activationId: string) =>
    `The activation ${activationId} goes on, but the node cannot write down that it was accepted: it may leave no record.`,
  askerGone: 'The key that asked for this activation is no longer valid.',
  givenUp: (tries: number) =>
    `The activation was begun ${tries === 1 ? 'once' : `${tries} times`}, and the node ended before it did. It was given up.`,
  storeAway: 'The store cannot take writes now, nothing was changed. Try again in a moment.',
  storeUncertain: 'The store did not answer: the change may have been made or not. Look, and try again in a moment.',
  storeUnreachable: 'The store cannot be reached now. Try again in a moment.',
} as const;
