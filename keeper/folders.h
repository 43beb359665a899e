/* Creates the state and run directories, and drops the rights that are not needed
 * afterwards. */
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
 * Creates both if they do not exist; as root, so that the children may write to them,
 * and without following a link of another user.
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
