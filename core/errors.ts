/** Every error that a caller or a state machine may meet: a stable `name`, and what to act on. */

class SluiceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A definition that cannot be used; the message says what to write instead. */
export class DefinitionError extends SluiceError {}

/** A call that cannot be carried out as given. */
export class UsageError extends SluiceError {}

/** Codes for an object that cannot be trusted as a whole. */
export type ObjectCode =
  | 'object.unreadable'
  | 'object.truncated'
  | 'object.checksum'
  | 'object.too_large'
  | 'object.encoding'
  | 'object.header'
  | 'object.format';

/** The object as a whole cannot be trusted; it is quarantined and nothing of it becomes visible. */
export class ObjectRejectedError extends SluiceError {
  readonly code: ObjectCode;
  constructor(code: ObjectCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The object is no longer the one that the run was started for. */
export class ObjectChangedError extends SluiceError {}

/** The quality gate or a check of severity `fail` stopped the run. */
export class HeldByQualityGateError extends SluiceError {}

/** The numbers of a run do not agree; nothing is committed. */
export class ReconciliationError extends SluiceError {}

/** A stage was given work that another definition planned. */
export class PlanMismatchError extends SluiceError {}

/** A later attempt has taken this run over; this one may no longer commit. */
export class StaleAttemptError extends SluiceError {}

/** Another writer changed the table in a way that this commit cannot follow. */
export class CommitConflictError extends SluiceError {}

/** A documented limit was passed; the message names the limit, its value and where it is set. */
export class LimitExceededError extends SluiceError {}

/** The engine failed in a way that data cannot explain. */
export class EngineError extends SluiceError {}

/** Something that a later try may do; retried after 1, 2 and 4 seconds. */
export class TransientError extends SluiceError {}
