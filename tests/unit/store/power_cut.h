/* power_cut: what is left on the disk when the power goes at the n-th write, truncation or sync. What was synced is there. Of what was
 * not, each write is there, or not, or its first sectors are, whatever came before or after it; then nothing works any more until the
 * machine is on again. */
#ifndef UNIT_STORE_POWER_CUT_H
#define UNIT_STORE_POWER_CUT_H

#include "unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "fault_vfs.h"

#define POWER_FILES 8
#define POWER_OPS 4096
#define POWER_SECTOR 512

enum power_mode { POWER_DROPS, POWER_KEEPS, POWER_TEARS }; /* unsynced writes: none is there; all; each as chance has it */

struct power_op {
	size_t at, n; /* n 0: a truncation to `at` */
	unsigned char *bytes;
};

struct power_file {
	char path[256];
	unsigned char *bytes; /* as synced */
	size_t n;
	struct power_op ops[POWER_OPS]; /* since */
	int ops_n;
};

static struct {
	bool on, cut;
	long left;        /* operations until the cut; below 0: never */
	long seen;        /* operations so far */
	enum power_mode mode;
	uint64_t chance;
	struct power_file files[POWER_FILES];
	int files_n;
} power;

static inline uint32_t power_below(uint32_t n)
{
	power.chance += 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash_mix(power.chance) >> 32) % n;
}

static inline struct power_file *power_file_of(const char *path)
{
	for (int i = 0; i < power.files_n; i++)
		if (strcmp(power.files[i].path, path) == 0)
			return &power.files[i];
	assert_true(power.files_n < POWER_FILES);
	struct power_file *file = &power.files[power.files_n++];
	struct stat st;
	int fd = open(path, O_RDONLY);
	snprintf(file->path, sizeof file->path, "%s", path);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	file->n = (size_t)st.st_size;
	file->bytes = malloc(file->n + 1);
	assert_non_null(file->bytes);
	assert_int_equal(read(fd, file->bytes, file->n), file->n);
	close(fd);
	return file;
}

static inline void power_resize(struct power_file *file, size_t n)
{
	unsigned char *bytes = realloc(file->bytes, n + 1);
	assert_non_null(bytes);
	if (n > file->n)
		memset(bytes + file->n, 0, n - file->n);
	file->bytes = bytes;
	file->n = n;
}

static inline void power_apply(struct power_file *file, const struct power_op *op, size_t n)
{
	if (op->n == 0) {
		power_resize(file, op->at);
		return;
	}
	if (op->at + n > file->n)
		power_resize(file, op->at + n);
	memcpy(file->bytes + op->at, op->bytes, n);
}

static inline void power_forget(struct power_file *file)
{
	for (int i = 0; i < file->ops_n; i++)
		free(file->ops[i].bytes);
	file->ops_n = 0;
}

/* How much of an operation is there. */
static inline size_t power_share(const struct power_op *op, bool *ret_there)
{
	uint32_t chance = power.mode == POWER_TEARS ? power_below(3) : 0;

	*ret_there = power.mode == POWER_KEEPS || (power.mode == POWER_TEARS && chance > 0);
	if (power.mode != POWER_TEARS || chance != 2 || op->n <= POWER_SECTOR)
		return op->n;
	return POWER_SECTOR * (1 + power_below((uint32_t)(op->n / POWER_SECTOR)));
}

static inline void power_goes(void)
{
	power.cut = true;
	for (int f = 0; f < power.files_n; f++) {
		struct power_file *file = &power.files[f];
		for (int i = 0; i < file->ops_n; i++) {
			bool there;
			size_t n = power_share(&file->ops[i], &there);
			if (there)
				power_apply(file, &file->ops[i], n < file->ops[i].n ? n : file->ops[i].n);
		}
		int fd = open(file->path, O_WRONLY | O_TRUNC);
		if (fd < 0)
			continue; /* it was removed meanwhile */
		assert_int_equal(write(fd, file->bytes, file->n), file->n);
		close(fd);
	}
}

static inline bool power_watch(const char *path, enum fault_act act, const void *bytes, size_t n, size_t at)
{
	if (power.cut)
		return true;
	struct power_file *file = power_file_of(path);
	if (act == FAULT_OPEN || act == FAULT_READ)
		return false;
	power.seen++;
	if (act != FAULT_SYNC) {
		struct power_op op = {at, n, n ? malloc(n) : NULL};
		assert_true(file->ops_n < POWER_OPS && (!n || op.bytes));
		if (n)
			memcpy(op.bytes, bytes, n);
		file->ops[file->ops_n++] = op;
	}
	if (power.left == 0) {
		power_goes();
		return true;
	}
	power.left -= power.left > 0;
	if (act != FAULT_SYNC)
		return false;
	for (int i = 0; i < file->ops_n; i++)
		power_apply(file, &file->ops[i], file->ops[i].n);
	power_forget(file);
	return false;
}

/* From now on; `left` operations are done whole. */
static inline void power_on(long left, enum power_mode mode, uint64_t chance)
{
	power.on = true;
	power.cut = false;
	power.left = left;
	power.seen = 0;
	power.mode = mode;
	power.chance = chance;
	fault_watch = power_watch;
}

static inline bool power_calm(const char *path, enum fault_act act, const void *bytes, size_t n, size_t at)
{
	(void)path, (void)act, (void)bytes, (void)n, (void)at;
	return false;
}

/* The machine is on again, and nothing happens any more. */
static inline void power_off(void)
{
	fault_watch = power_calm;
	for (int f = 0; f < power.files_n; f++) {
		power_forget(&power.files[f]);
		free(power.files[f].bytes);
		power.files[f] = (struct power_file){.n = 0};
	}
	power.files_n = 0;
	power.on = power.cut = false;
}

#endif
