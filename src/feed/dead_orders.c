#include "feed/dead_orders.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/index.h"

#define NONE UINT32_MAX

struct order {
	uint64_t hash;
	uint32_t rows; /* 0: the place is free */
	uint32_t next; /* free place */
};

struct dead_orders {
	struct order *orders;
	struct index *index;
	uint32_t max, fresh, free_order;
	_Atomic uint32_t rows;
	_Atomic uint64_t turn;
	uint64_t key[2];
};

static uint64_t hash_of(const void *context, uint32_t i)
{
	return ((const struct dead_orders *)context)->orders[i].hash;
}

struct dead_orders *dead_orders_new(uint32_t max, uint64_t seed)
{
	struct dead_orders *orders = calloc(1, sizeof *orders);
	struct random random = {seed};

	ASSERT(max > 0);
	if (!orders)
		return NULL;
	orders->max = max;
	orders->free_order = NONE;
	orders->key[0] = random_next(&random);
	orders->key[1] = random_next(&random);
	orders->orders = calloc(max, sizeof *orders->orders);
	orders->index = index_new(max, hash_of, orders);
	if (orders->orders && orders->index)
		return orders;
	dead_orders_free(orders);
	return NULL;
}

void dead_orders_free(struct dead_orders *orders)
{
	if (!orders)
		return;
	index_free(orders->index);
	free(orders->orders);
	free(orders);
}

static uint64_t order_hash(const struct dead_orders *orders, struct str tenant, struct str order)
{
	uint64_t key[2] = {orders->key[0] ^ hash_bytes(orders->key, tenant.at, tenant.len), orders->key[1]};

	return hash_bytes(key, order.at, order.len);
}

struct search {
	const struct dead_orders *orders;
	uint64_t hash;
};

static bool is(const void *context, uint32_t i)
{
	const struct search *search = context;

	return search->orders->orders[i].hash == search->hash;
}

static uint32_t find(const struct dead_orders *orders, uint64_t hash)
{
	return index_find(orders->index, hash, is, &(struct search){orders, hash});
}

enum err dead_orders_add(struct dead_orders *orders, struct str tenant, struct str order)
{
	uint64_t hash = order_hash(orders, tenant, order);

	if (orders->rows >= orders->max)
		return ERR_LIMIT_REACHED;
	orders->rows++;
	if (order.len == 0)
		return ERR_OK;
	uint32_t i = find(orders, hash);
	if (i == INDEX_NONE) {
		i = orders->free_order != NONE ? orders->free_order : orders->fresh++;
		if (i == orders->free_order)
			orders->free_order = orders->orders[i].next;
		orders->orders[i] = (struct order){.hash = hash};
		index_add(orders->index, hash, i);
	}
	orders->orders[i].rows++;
	return ERR_OK;
}

void dead_orders_remove(struct dead_orders *orders, struct str tenant, struct str order)
{
	ASSERT(orders->rows > 0);
	orders->rows--;
	orders->turn++;
	if (order.len == 0)
		return;
	uint64_t hash = order_hash(orders, tenant, order);
	uint32_t i = find(orders, hash);
	ASSERT(i != INDEX_NONE);
	if (--orders->orders[i].rows > 0)
		return;
	index_remove(orders->index, hash, i);
	orders->orders[i].next = orders->free_order;
	orders->free_order = i;
}

uint32_t dead_orders_of(const struct dead_orders *orders, struct str tenant, struct str order)
{
	uint32_t i = order.len ? find(orders, order_hash(orders, tenant, order)) : INDEX_NONE;

	return i == INDEX_NONE ? 0 : orders->orders[i].rows;
}

uint32_t dead_orders_rows(const struct dead_orders *orders)
{
	return orders->rows;
}

uint32_t dead_orders_max(const struct dead_orders *orders)
{
	return orders->max;
}

uint64_t dead_orders_turn(const struct dead_orders *orders)
{
	return orders->turn;
}

void dead_orders_leaving(struct dead_orders *orders)
{
	orders->turn++;
}
