/* jsvDefragment(), which makes room for what must lie in one piece, in place of Espruino's own.

   Espruino's moves every variable as far down as it can, and looks through the whole heap for each that it has moved: on a Pixl.js
   one to three seconds, in which nobody listens to a modem. Here the longest part of the heap in which everything can be moved is
   emptied, and the heap looked through once: some milliseconds, and less code. */

#include "jsvar.h"

#ifndef RESIZABLE_JSVARS

/* Free variables that are left alone: interrupts may want some. */
#define SPARE 16

/* Variables in a row. */
typedef struct {
  unsigned int first, count;
} Part;

static bool isInside(const Part *part, JsVarRef ref) {
  return (unsigned int)ref - part->first < part->count;
}

/* What can be emptied: the end of the longest part without locked variables, to which somebody has a pointer, and without flat
   strings. There is as much room elsewhere as is used inside, since no more is emptied than is free. */
static Part findPart(void) {
  Part part = {1, 0};
  unsigned int total = jsvGetMemoryTotal(), first = 1, free = 0;
  for (unsigned int i = 1; i <= total; i++) {
    JsVar *var = _jsvGetAddressOf((JsVarRef)i);
    bool isFlat = jsvIsFlatString(var);
    if (isFlat) i += (unsigned int)jsvGetFlatStringBlocks(var);
    if (isFlat || jsvGetLocks(var)) {
      first = i + 1;
    } else {
      if (var->flags == JSV_UNUSED) free++;
      if (i - first >= part.count) {
        part.first = first;
        part.count = i + 1 - first;
      }
    }
  }
  free = free > SPARE ? free - SPARE : 0;
  if (part.count > free) {
    part.first += part.count - free;
    part.count = free;
  }
  return part;
}

/* Moves what is inside to free places outside, and leaves the new place behind. */
static void moveAway(const Part *part) {
  for (unsigned int i = 0; i < part->count; i++) {
    JsVar *from = _jsvGetAddressOf((JsVarRef)(part->first + i)), *to;
    if (from->flags == JSV_UNUSED || jsvGetLocks(from)) continue;
    do to = jsvNewWithFlags(JSV_NULL); /* locked: those inside can't be had again, until unlockInside() */
    while (to && isInside(part, jsvGetRef(to)));
    if (!to) return;
    JsVarFlags flags = from->flags;
    from->flags = JSV_UNUSED;
    to->varData = from->varData;
    to->flags = flags;
    jsvSetNextSibling(from, jsvGetRef(to));
  }
}

static JsVarRef moved(const Part *part, JsVarRef ref) {
  if (!isInside(part, ref)) return ref;
  JsVar *var = _jsvGetAddressOf(ref);
  return var->flags == JSV_UNUSED ? jsvGetNextSibling(var) : ref;
}

/* Makes whatever refers to a variable that was moved refer to its new place. */
static void follow(const Part *part) {
  unsigned int total = jsvGetMemoryTotal();
  for (unsigned int i = 1; i <= total; i++) {
    JsVar *var = _jsvGetAddressOf((JsVarRef)i);
    if (jsvIsFlatString(var)) {
      i += (unsigned int)jsvGetFlatStringBlocks(var);
    } else if (var->flags != JSV_UNUSED) {
      bool hasChildren = jsvHasChildren(var);
      if (hasChildren || jsvHasSingleChild(var)) jsvSetFirstChild(var, moved(part, jsvGetFirstChild(var)));
      if (hasChildren || jsvHasStringExt(var)) jsvSetLastChild(var, moved(part, jsvGetLastChild(var)));
      if (jsvIsName(var)) {
        jsvSetNextSibling(var, moved(part, jsvGetNextSibling(var)));
        jsvSetPrevSibling(var, moved(part, jsvGetPrevSibling(var)));
      }
    }
  }
}

static void unlockInside(const Part *part) {
  for (unsigned int i = 0; i < part->count; i++) {
    JsVar *var = _jsvGetAddressOf((JsVarRef)(part->first + i));
    if (jsvGetLocks(var)) jsvUnLock(var);
  }
}

void jsvDefragment(void) {
  jsvGarbageCollect(); /* the list of free variables is in order then, and has all that are free */
  Part part = findPart();
  /* The collector gives up where the stack is short, and then the list lacks some. It must not be needed while things are moved. */
  if (!jsvMoreFreeVariablesThan(part.count)) return;
  moveAway(&part);
  follow(&part);
  unlockInside(&part);
  jsvGarbageCollect();
}

#else

/* There Espruino's heap is of several blocks, and grows. */
void jsvDefragment(void) {
  jsvGarbageCollect();
}

#endif
