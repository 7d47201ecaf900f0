#include "provider/inventory_words.h"

static bool mentions(struct str sentence, const char *const *words)
{
	for (; *words; words++) {
		struct str word = str_of(*words);
		for (size_t i = 0; i + word.len <= sentence.len; i++)
			if (str_equal_nocase(str_n(sentence.at + i, word.len), word))
				return true;
	}
	return false;
}

bool inventory_words_money(struct str sentence)
{
	static const char *const words[] = {"balance", "funds", "credit", NULL};

	return mentions(sentence, words);
}

bool inventory_words_papers(struct str sentence)
{
	static const char *const words[] = {"address", "document", "regulatory", "requirement", NULL};

	return mentions(sentence, words);
}

bool inventory_words_gone(struct str sentence)
{
	static const char *const words[] = {"not available", "unavailable", "no longer", "does not exist", "not found", NULL};

	return mentions(sentence, words);
}
