export { defaultTopicOptions, type KafkaSettings, type TopicOptions } from './client.js';
export * from './envelope.js';
export * from './kafka-log.js';
export * from './kafka-relay.js';
