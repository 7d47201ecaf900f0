/* xml: the subset of XML 1.0 that call instructions use: elements, attributes, text, the five
 * entities. No DTD, comments, CDATA or processing instructions but the declaration: what we write has
 * none, and the simulated providers, which read it, take nothing else. */
#ifndef PROVIDER_XML_H
#define PROVIDER_XML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define XML_DEPTH_MAX 8
#define XML_ATTRIBUTES_MAX 16
#define XML_NODES_MAX 64
#define XML_ANSWER_DEPTH_MAX 16

/* Escaped for text and for attributes in double quotes. Control characters that XML can't hold are
 * left out. */
void xml_put(struct buf *out, struct str text);
/* ` name="value"`. Put together by hand: printf would cost a third of a whole answer's time. */
void xml_put_attribute(struct buf *out, const char *name, struct str value);
void xml_put_count(struct buf *out, const char *name, uint32_t count);
/* ` name="` base, escaped, and `rest` as it is, `"`. */
void xml_put_url(struct buf *out, const char *name, struct str base, const char *rest);

struct xml_attribute {
	struct str name, value; /* value decoded */
};

struct xml_node {
	struct str name;
	struct str text; /* decoded text directly inside, without white space at its ends */
	struct xml_attribute *attributes;
	int attributes_n;
	struct xml_node *child, *next; /* first child; next sibling */
};

/* The root element. ERR_BAD_REQUEST: not well formed or outside the subset; ERR_TOO_LARGE: a limit.
 * Memory: the arena; names point into `text`. */
MUST_CHECK enum err xml_parse(struct str text, struct arena *arena, struct xml_node **ret_root);

/* The same for what a provider's REST API answers: up to `nodes_max` elements, XML_ANSWER_DEPTH_MAX deep, and
 * what such answers have besides: any declaration, comments, names with a colon, numeric references (beyond
 * ASCII: '?'). */
MUST_CHECK enum err xml_parse_answer(
	struct str text, int nodes_max, struct arena *arena, struct xml_node **ret_root);

/* The first child of that name, NULL: none; `node` may be NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The next sibling of the same name; NULL: none. */
const struct xml_node *xml_again(const struct xml_node *node);
/* The text of the first child of that name; STR_NONE: no such child, or `node` is NULL. */
struct str xml_child_text(const struct xml_node *node, const char *name);

/* STR_NONE: no such attribute. */
struct str xml_attribute(const struct xml_node *node, const char *name);

#endif
