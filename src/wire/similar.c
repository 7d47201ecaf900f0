#include "wire/similar.h"

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, put in or left out to make one of the other; both of up to SIMILAR_MAX. */
static int distance(struct str a, struct str b)
{
	int row[SIMILAR_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= a.len; i++) {
		int corner = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= b.len; j++) {
			int above = row[j];
			int changed = corner + !str_equal_nocase(str_n(a.at + i - 1, 1), str_n(b.at + j - 1, 1));
			row[j] = smaller(changed, smaller(above, row[j - 1]) + 1);
			corner = above;
		}
	}
	return row[b.len];
}

const char *similar_word(const char *const *words, struct str name)
{
	const char *best = NULL;
	int least = name.len < 4 ? 2 : 3;

	if (name.len > SIMILAR_MAX)
		return NULL;
	for (int i = 0; words[i]; i++) {
		struct str word = str_of(words[i]);
		int changes = word.len > SIMILAR_MAX ? least : distance(name, word);
		if (changes < least) {
			least = changes;
			best = words[i];
		}
	}
	return best;
}
