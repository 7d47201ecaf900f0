/* conversation_script: a fuzzer's input: the bytes of one connection, readable, with two marks. 0xff: what is behind it is sent
 * when the server has done all that it could with what is before it. 0xfe and a byte n: n * 64 times `a`. */
#ifndef TESTS_FUZZ_CONVERSATION_SCRIPT_H
#define TESTS_FUZZ_CONVERSATION_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_CUT 0xff
#define SCRIPT_MANY 0xfe
#define SCRIPT_TEXT_MAX (160 * 1024)

struct script {
	char *text;
	size_t len;
	size_t *cuts; /* offsets of the text, rising */
	size_t cuts_n;
};

static inline struct script script_read(const uint8_t *data, size_t size)
{
	struct script script = {malloc(SCRIPT_TEXT_MAX), 0, malloc((size + 1) * sizeof(size_t)), 0};

	for (size_t i = 0; i < size; i++) {
		size_t many = 1;
		char c = (char)data[i];
		if (data[i] == SCRIPT_CUT) {
			script.cuts[script.cuts_n++] = script.len;
			continue;
		}
		if (data[i] == SCRIPT_MANY) {
			many = i + 1 < size ? data[++i] * 64u : 0;
			c = 'a';
		}
		if (many > SCRIPT_TEXT_MAX - script.len)
			break;
		memset(script.text + script.len, c, many);
		script.len += many;
	}
	/* No longer than it is, so that the sanitizer sees a read past its end. */
	script.text = realloc(script.text, script.len + 1);
	return script;
}

static inline void script_done(struct script *script)
{
	free(script->text);
	free(script->cuts);
}

#endif
