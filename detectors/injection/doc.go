// Package injection detects who tries to talk a model out of its instructions
// or its rules: prompts that hit signatures, answers that a guardrail blocks,
// hidden text, one prompt in many spellings, and refusals one after another.
//
// A signature is wrong now and then and some applications handle such texts all
// day, so a single hit says nothing: runs are held against how much the caller
// asks and against what is usual for him.
package injection
