/* Arithmetic of doubles, which the processor has none of, for size: 0.6 KB instead of libgcc's 1.9. Correctly rounded as libgcc's is, bit
   for bit but for the bits in NaNs (tests/chip/double.c); a sum takes some 30 cycles more, a quotient some 500, where Espruino takes
   thousands for the expression around it.
   Compiled without link-time optimisation, which would not know that the compiler calls them.

   Everything is unpacked, worked on, and packed by the same code. A number between is
     r5      its sign, in bit 31
     r1:r0   64 bits of magnitude m, the last of which also says whether anything below it was lost
     r4      an exponent e: the value is m / 2^63 * 2^(e - 1023)
   The other one, where there are two, is in r9, r7:r6, and r8. */

#define FUNCTION(name) ".thumb_func\n.type " name ",%function\n.global " name "\n" name ":\n"
#define SAVE "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n"

__asm__(
    ".syntax unified\n"
    ".section .text.double,\"ax\",%progbits\n"
    ".balign 4\n"

    FUNCTION("__aeabi_drsub")
    "eor r1, r1, #0x80000000\n"
    "b __aeabi_dadd\n"
    FUNCTION("__aeabi_dsub")
    "eor r3, r3, #0x80000000\n"
    FUNCTION("__aeabi_dadd")
    SAVE
    "lsls r4, r1, #1\n" /* the larger magnitude first, and NaN is larger than all */
    "lsls r5, r3, #1\n"
    "cmp r4, r5\n"
    "it eq\n"
    "cmpeq r0, r2\n"
    "bhs 1f\n"
    "push {r0, r1}\n"
    "mov r0, r2\n"
    "mov r1, r3\n"
    "pop {r2, r3}\n"
    "1:\n"
    "bl unpack\n"
    "beq 3f\n"
    "sub r2, r8, r4\n"
    "bl shift\n"
    "add r4, r8, #1\n"
    "teq r5, r9\n"
    "mov r5, r9\n"
    "bmi 2f\n"
    "adds r0, r6, r0\n"
    "adc r1, r7, r1\n"
    "b pack\n"
    "2:\n"
    "subs r0, r6, r0\n"
    "sbc r1, r7, r1\n"
    "orrs r2, r0, r1\n"
    "it eq\n"
    "moveq r5, #0\n" /* x - x is +0 */
    "b pack\n"
    "3:\n" /* the first is infinite or NaN */
    "orrs r2, r6, r7, lsl #2\n"
    "bne nan\n"
    "cmp r4, r8\n"
    "bne 4f\n"
    "teq r5, r9\n"
    "bmi nan\n" /* infinity - infinity */
    "4:\n"
    "mov r5, r9\n"
    "b infinity\n"

    FUNCTION("__aeabi_dmul")
    SAVE
    "bl unpack\n"
    "eor r5, r5, r9\n"
    "beq 1f\n"
    "add r4, r4, r8\n"
    "subw r4, r4, #1020\n"
    "umull r2, r3, r6, r0\n"
    "movs r10, #0\n"
    "mov r11, r10\n"
    "umaal r3, r10, r6, r1\n"
    "umaal r3, r11, r7, r0\n"
    "umaal r10, r11, r7, r1\n"
    "mov r0, r10\n"
    "mov r1, r11\n"
    "orrs r2, r2, r3\n"
    "b sticky\n"
    "1:\n" /* one is infinite or NaN: let it be the first */
    "cmp r8, r3\n"
    "beq 2f\n"
    "mov r10, r0\n"
    "mov r11, r1\n"
    "mov r0, r6\n"
    "mov r1, r7\n"
    "mov r6, r10\n"
    "mov r7, r11\n"
    "mov r4, r8\n"
    "2:\n"
    "orrs r2, r6, r7, lsl #2\n"
    "bne nan\n"
    "orrs r2, r0, r1\n"
    "beq nan\n" /* infinity * 0 */
    "b 3f\n"

    FUNCTION("__aeabi_ddiv")
    SAVE
    "bl unpack\n"
    "eor r5, r5, r9\n"
    "beq 4f\n"
    "orrs r2, r0, r1\n"
    "beq 6f\n"
    "sub r4, r8, r4\n"
    "addw r4, r4, #1031\n"
    "movs r2, #0\n" /* the quotient, bit by bit: one before the point, 55 behind it */
    "mov r3, r2\n"
    "mov r10, #56\n"
    "1:\n"
    "subs r8, r6, r0\n"
    "sbcs r9, r7, r1\n"
    "itt hs\n"
    "movhs r6, r8\n"
    "movhs r7, r9\n"
    "adcs r2, r2, r2\n"
    "adc r3, r3, r3\n"
    "adds r6, r6, r6\n"
    "adc r7, r7, r7\n"
    "subs r10, r10, #1\n"
    "bne 1b\n"
    "mov r0, r2\n"
    "mov r1, r3\n"
    "orrs r2, r6, r7\n"
    "sticky:\n"
    "it ne\n"
    "orrne r0, r0, #1\n"
    "b pack\n"
    "4:\n" /* one is infinite or NaN */
    "cmp r8, r3\n"
    "bne 5f\n"
    "orrs r2, r6, r7, lsl #2\n"
    "bne nan\n"
    "cmp r4, r3\n"
    "beq nan\n" /* infinity / infinity */
    "b infinity\n"
    "5:\n"
    "orrs r2, r0, r1, lsl #2\n"
    "bne nan\n"
    "movs r1, #0\n" /* x / infinity */
    "b 8f\n"
    "6:\n" /* x / 0 */
    "orrs r2, r6, r7\n"
    "beq nan\n"
    "b infinity\n"

    /* The second of a product's numbers, where the first is infinite. */
    "3:\n"
    "cmp r4, r3\n"
    "bne infinity\n"
    "orrs r2, r0, r1, lsl #2\n"
    "beq infinity\n"
    "nan:\n"
    "movw r1, #0x7FF8\n"
    "lsls r1, r1, #16\n"
    "b 8f\n"
    "infinity:\n"
    "movw r1, #0x7FF\n"
    "lsls r1, r1, #20\n"
    "8:\n"
    "movs r0, #0\n"
    "b 9f\n"

    FUNCTION("__aeabi_f2d")
    SAVE
    "mov r5, r0\n"
    "ubfx r4, r0, #23, #8\n"
    "lsls r1, r0, #9\n"
    "lsr r1, r1, #1\n"
    "cmp r4, #255\n"
    "bne 1f\n"
    "cmp r1, #0\n"
    "bne nan\n"
    "b infinity\n"
    "1:\n"
    "cmp r4, #0\n"
    "ite ne\n"
    "orrne r1, r1, #0x80000000\n"
    "lsleq r1, r1, #1\n"
    "add r4, r4, #896\n" /* 1023 - 127 */
    "b 2f\n"

    FUNCTION("__aeabi_ui2d")
    SAVE
    "movs r5, #0\n"
    "b 1f\n"
    FUNCTION("__aeabi_i2d")
    SAVE
    "movs r5, r0\n"
    "it mi\n"
    "rsbmi r0, r0, #0\n"
    "1:\n"
    "mov r1, r0\n"
    "movw r4, #1054\n" /* 1023 + 31 */
    "2:\n"
    "movs r0, #0\n"
    "b pack\n"

    FUNCTION("__aeabi_ul2d")
    SAVE
    "movs r5, #0\n"
    "b 1f\n"
    FUNCTION("__aeabi_l2d")
    SAVE
    "movs r5, r1\n"
    "bpl 1f\n"
    "rsbs r0, r0, #0\n"
    "sbc r1, r1, r1, lsl #1\n"
    "1:\n"
    "movw r4, #1086\n" /* 1023 + 63 */

    "pack:\n"
    "orrs r2, r0, r1\n"
    "beq 9f\n"
    "cmp r1, #0\n" /* the first bit to the front */
    "ittt eq\n"
    "moveq r1, r0\n"
    "moveq r0, #0\n"
    "subeq r4, r4, #32\n"
    "clz r2, r1\n"
    "subs r4, r4, r2\n"
    "rsb r3, r2, #32\n"
    "lsls r1, r2\n"
    "lsr r3, r0, r3\n"
    "orrs r1, r3\n"
    "lsls r0, r2\n"
    "subs r4, r4, #1\n"
    "bpl 1f\n"
    "rsbs r2, r4, #0\n" /* a subnormal number */
    "bl shift\n"
    "movs r4, #0\n"
    "1:\n"
    "lsls r2, r0, #21\n" /* 53 bits stay; these go */
    "lsrs r0, r0, #11\n"
    "orr r0, r0, r1, lsl #21\n"
    "lsrs r1, r1, #11\n"
    "movw r3, #0x7FE\n"
    "cmp r4, r3\n"
    "bge infinity\n"
    "lsrs r3, r0, #1\n" /* up, if they are more than a half, or a half and the number is odd */
    "sbcs r2, r2, #0x80000000\n"
    "adcs r0, r0, #0\n"
    "adc r1, r1, r4, lsl #20\n" /* the first bit of the 53 adds one to the exponent, and so may the carry */
    "9:\n"
    "and r5, r5, #0x80000000\n"
    "orrs r1, r1, r5\n"
    "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n"

    /* Shifts r1:r0 right by r2 bits. */
    "shift:\n"
    "cmp r2, #63\n"
    "it hi\n"
    "movhi r2, #63\n"
    "b 2f\n"
    "1:\n"
    "lsrs r1, r1, #1\n"
    "rrxs r0, r0\n"
    "it cs\n"
    "orrcs r0, r0, #1\n"
    "2:\n"
    "subs r2, r2, #1\n"
    "bpl 1b\n"
    "bx lr\n"

    /* Two numbers, the first bit of both at bit 62. r3 is the exponent of those that are infinite or NaN, and Z says that there is one. */
    "unpack:\n"
    "mov r12, lr\n"
    "bl 1f\n"
    "mov r6, r0\n"
    "mov r7, r1\n"
    "mov r8, r4\n"
    "mov r9, r5\n"
    "mov r0, r2\n"
    "mov r1, r3\n"
    "bl 1f\n"
    "movw r3, #0x7FF\n"
    "cmp r4, r3\n"
    "it ne\n"
    "cmpne r8, r3\n"
    "bx r12\n"
    "1:\n"
    "mov r5, r1\n"
    "ubfx r4, r1, #20, #11\n"
    "bfc r1, #20, #12\n"
    "cbz r4, 2f\n"
    "orr r1, r1, #0x100000\n"
    "b 4f\n"
    "2:\n" /* zero, or subnormal: its first bit to where others' is */
    "orrs r10, r0, r1\n"
    "beq 4f\n"
    "adds r4, r4, #1\n"
    "3:\n"
    "adds r0, r0, r0\n"
    "adcs r1, r1, r1\n"
    "subs r4, r4, #1\n"
    "tst r1, #0x100000\n"
    "beq 3b\n"
    "4:\n"
    "lsls r1, r1, #10\n"
    "orr r1, r1, r0, lsr #22\n"
    "lsls r0, r0, #10\n"
    "bx lr\n"
    ".text\n");
