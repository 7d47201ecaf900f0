#include "wire/similar.h"

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(struct str a, size_t i, struct str b, size_t j)
{
	return str_equal_nocase(str_n(a.at + i, 1), str_n(b.at + j, 1));
}

unsigned similar_changes(struct str a, struct str b)
{
	unsigned rows[3][SIMILAR_MAX + 1];

	if (a.len > SIMILAR_MAX || b.len > SIMILAR_MAX)
		return SIMILAR_MAX + 1;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			row[j] = smaller(above[j - 1] + !same(a, i - 1, b, j - 1), smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1))
				row[j] = smaller(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

const char *similar_word(const char *const *words, struct str name)
{
	const char *best = NULL;
	unsigned least = name.len < 4 ? 2 : 3;

	if (name.len > SIMILAR_MAX)
		return NULL;
	for (int i = 0; words[i]; i++) {
		unsigned changes = similar_changes(name, str_of(words[i]));
		if (changes < least) {
			least = changes;
			best = words[i];
		}
	}
	return best;
}
