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

/* Escaped for text and for attributes in double quotes. Control characters that XML can't hold are
 * left out. */
void xml_put(struct buf *out, struct str text);
/* ` name="value"`. Put together by hand: printf would cost a third of a whole answer's time. */
void xml_put_attribute(struct buf *out, const char *name, struct str value);
void xml_put_count(struct buf *out, const char *name, uint32_t count);

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

/* STR_NONE: no such attribute. */
struct str xml_attribute(const struct xml_node *node, const char *name);

#endif
