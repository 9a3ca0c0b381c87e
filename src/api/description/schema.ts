import type { Schema, Schemas } from './openapi.ts';

/** Short words for JSON schemas (draft 2020-12, as OpenAPI 3.1 has them). */

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const text = (description: string, more: { pattern?: string; examples?: string[] } = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});

export const oneOfTexts = (description: string, values: readonly string[]): Schema => ({
  type: 'string',
  description,
  enum: [...values],
});

export const flag = (description: string): Schema => ({ type: 'boolean', description });

export const whole = (description: string, range: { minimum?: number; maximum?: number } = {}): Schema => ({
  type: 'integer',
  description,
  ...range,
});

/** Milliseconds since the epoch. */
export const instant = (description: string): Schema => whole(`${description}, in milliseconds since the epoch`);

export const anyJson = (description: string): Schema => ({ description });

export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});

/** An object of somebody else's making. */
export const anyObject = (description: string): Schema => ({ type: 'object', description });

/** An object that we answer: nothing else is in it. */
export const answered = (description: string, required: Schemas, optional: Schemas = {}): Schema => ({
  type: 'object',
  description,
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
});

/** An object that we are sent: what else is in it is not looked at. */
export const sent = (description: string, fields: Schemas, required: readonly string[] = []): Schema => ({
  type: 'object',
  description,
  ...(required.length > 0 ? { required: [...required] } : {}),
  properties: { ...fields },
});

/** From texts to something. */
export const map = (description: string, values: Schema): Schema => ({
  type: 'object',
  description,
  additionalProperties: values,
});

export const anyOf = (description: string, ...schemas: Schema[]): Schema => ({ description, anyOf: schemas });
