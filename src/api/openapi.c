#include "api/openapi.h"

/* build/gen/openapi_text.c, made by the Makefile from api/openapi.json. */
extern const char openapi_text[];
extern const unsigned long openapi_text_len;

struct str openapi_document(void)
{
	return str_n(openapi_text, openapi_text_len);
}
