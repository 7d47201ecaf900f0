/* cli_session: the body of `bauta session open`, from a file and options. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <jansson.h>

#include "cli/commands.h"

/* The operand's JSON object, or an empty one without an operand. NULL: told. */
json_t *session_body_read(const struct arguments *arguments);

/* What the options say comes on top. Exit code; told. `line` is what was used wrongly, if it was. */
int session_body_options(const struct command_line *line, const struct arguments *arguments, json_t *body);

#endif
