/* The state and run folders, and what the keeper gives up once it has made them. */
#pragma once

struct conf_node;
struct diags;

/*
 * Whether there is a user for root's children. Without one they would run as root.
 *
 * Returns 0 or ERR_INVALID with a diagnosis.
 */
int user_check(const struct conf_node *node, struct diags *diags);

/*
 * Makes both if they are not there; as root they are the children's to write to, and no
 * link of another user's leads to them.
 *
 * Returns 0 or ERR_INVALID with a diagnosis.
 */
int folders_make(const struct conf_node *node, struct diags *diags);

/*
 * Closes the keeper's memory to others of its user, and keeps of root's rights what
 * binding, starting and signalling children takes.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int rights_reduce(void);
