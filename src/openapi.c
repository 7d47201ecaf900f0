#include "openapi.h"

/* The file becomes read-only data as it is; the assembler finds it from the root of the tree, where make runs.
 * (Makefile: this object depends on it.) */
__asm__(".section .rodata\n"
	".local openapi_begin\n"
	"openapi_begin:\n"
	".incbin \"api/openapi.json\"\n"
	".local openapi_end\n"
	"openapi_end:\n"
	".byte 0\n"
	".previous\n");

extern const char openapi_begin[], openapi_end[];

struct str openapi_text(void)
{
	return str_n(openapi_begin, (size_t)(openapi_end - openapi_begin));
}
