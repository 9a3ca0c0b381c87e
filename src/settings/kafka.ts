import * as value from '../cli/values.ts';
import { homeFolder } from './home.ts';
import { of, optional } from './setting.ts';

const path = value.path(homeFolder());

/** Rows of the table in config.ts: the broker that carries work between nodes. */
export const kafka = {
  kafka: optional(
    value.list('HOST:PORT', 'addresses of Kafka brokers, such as 10.0.0.7:9092'),
    'none: this node is alone',
    'Kafka brokers to begin with, for several nodes that do work for each other; they share a CouchDB, too.',
    { alias: ['KAFKA_HOSTS'] },
  ),
  nodeId: optional(
    value.topicName,
    "the host's name and four random digits, kept in the data folder",
    'Name of this node: no other has it, and it stays.',
  ),
  kafkaPrefix: of(
    value.topicName,
    'whisklet',
    "What the names of topics and groups begin with; nodes with the same one do each other's work.",
    {
      alias: ['CONFIG_whisk_kafka_topics_prefix'],
    },
  ),
  kafkaPartitions: of(
    value.whole(1, 10_000),
    16,
    'Partitions of the topic of work, when it is made: at least as many as there will be nodes.',
  ),
  kafkaReplication: optional(
    value.whole(1, 100),
    'three, or as many as there are brokers',
    'Brokers that keep each message, for topics that are made.',
    { alias: ['CONFIG_whisk_kafka_replicationFactor'] },
  ),
  kafkaTls: of(value.flag, false, 'Speaks TLS with the brokers.'),
  kafkaCa: optional(
    path,
    "the system's certificates",
    'File with certificates in PEM that are trusted to sign those of the brokers.',
  ),
  kafkaCert: optional(path, 'none', "File with this node's certificate in PEM, for brokers that ask for one."),
  kafkaKey: optional(path, 'none', 'File with the key of that certificate in PEM.'),
  kafkaUser: optional(value.text(), 'none: brokers do not ask', 'User for SASL.'),
  kafkaPassword: optional(
    value.secret,
    'none',
    'Its password. Whoever sees the processes of the machine sees options: the variable or the file keeps it from them.',
  ),
  kafkaPasswordFile: optional(path, 'none', 'File with the password, on its first line.'),
  kafkaMechanism: of(value.choice('plain', 'scram-sha-256', 'scram-sha-512'), 'scram-sha-512', 'How SASL proves it.'),
  drainDelay: optional(
    value.duration(),
    '5 s with Kafka, else 0 ms',
    'How long a node that stops still serves calls while `/ready` says 503: as long as a load balancer needs to see it.',
  ),
};
