/* kafka_scene: a cluster, a topic of one partition, a group of one member; each with its own, because the mock's errors
 * are a cluster's. Begun together in open_scenes().
 */
#ifndef KAFKA_SCENE_H
#define KAFKA_SCENE_H

#include "unit/bus/kafka_member.h"

struct scene {
	const char *name; /* of topic and group */
	const char *instance;
	struct fixture fixture;
	struct ledger ledger;
	struct member member;
	int written;
};

static inline void scene_fill(struct scene *scene, int n)
{
	fixture_fill(&scene->fixture, scene->name, 0, scene->written, n);
	scene->written += n;
}

static inline void scene_await(struct scene *scene)
{
	ledger_await(&scene->ledger, scene->written);
}

static inline void scene_open(struct scene *scene)
{
	fixture_open(&scene->fixture, 2);
	fixture_topic(&scene->fixture, scene->name, 1);
	ledger_init(&scene->ledger);
	scene_fill(scene, 20);
}

static inline void scene_start(struct scene *scene)
{
	member_start(&scene->member, &scene->ledger, scene->fixture.brokers, scene->name, scene->name, scene->instance);
}

static inline uint64_t scene_errors(struct scene *scene)
{
	return kafka_consumer_counts(scene->member.consumer).errors;
}

static inline int scene_count(struct scene *scene, const int *of)
{
	watch_lock(&scene->ledger.watch);
	int n = *of;
	watch_unlock(&scene->ledger.watch);
	return n;
}

#endif
