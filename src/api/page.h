/* page: tokens of paged lists: the id that a page ended with, in hex, with a check so that a token that
 * was cut or made up is told from one of ours. Not secret: ids are in the pages themselves. */
#ifndef PAGE_H
#define PAGE_H

#include "base/err.h"
#include "base/str.h"

#define PAGE_TOKEN_SIZE 21
#define PAGE_SIZE_DEFAULT 100
#define PAGE_SIZE_MAX 1000

char *page_token(uint64_t id, char text[PAGE_TOKEN_SIZE]);
MUST_CHECK enum err page_token_parse(struct str text, uint64_t *ret_id);

#endif
