/* inventory_words: what a provider's sentence is about, where no code of its own says so: for the providers that refuse a
 * purchase with one status and many sentences. Case is ignored. The worst that a wrong guess does is to name the wrong
 * reason for a refusal; nothing becomes a success by its words. For inventory_*.c. */
#ifndef PROVIDER_INVENTORY_WORDS_H
#define PROVIDER_INVENTORY_WORDS_H

#include "base/str.h"

bool inventory_words_money(struct str sentence);  /* "balance", "funds", "credit" */
bool inventory_words_papers(struct str sentence); /* "address", "document", "regulatory", "requirement" */
bool inventory_words_gone(struct str sentence);   /* "not available", "no longer", "does not exist", ... */

#endif
