import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { TopicSource } from './types.js';

/** Every topic, the service whose log feeds it, and the streams it carries. */
export const TOPICS: TopicSource[] = [
  { topic: TOPIC_NAMES.crimeTips, service: 'intake', streamPrefix: STREAMS.crimeTip },
  { topic: TOPIC_NAMES.units, service: 'intake', streamPrefix: STREAMS.unit },
  { topic: TOPIC_NAMES.registerRows, service: 'intake', streamPrefix: STREAMS.registerRow },
  { topic: TOPIC_NAMES.extensionRequests, service: 'prosecution', streamPrefix: STREAMS.extensionRequest },
  { topic: TOPIC_NAMES.criminalCases, service: 'prosecution', streamPrefix: STREAMS.criminalCase },
  { topic: TOPIC_NAMES.obligations, service: 'deadlines', streamPrefix: STREAMS.obligation },
  { topic: TOPIC_NAMES.lawVersions, service: 'deadlines', streamPrefix: STREAMS.lawVersion },
];

/** Finds the topic of a stream among the topics fed by one service's log; undefined when none carries it. */
export function topicFinder(topics: readonly TopicSource[], service: string): (stream: string) => string | undefined {
  const own = topics.filter((source) => source.service === service);
  return (stream) => own.find(({ streamPrefix }) => stream.startsWith(streamPrefix))?.topic;
}
