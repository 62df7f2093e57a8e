package view

import (
	"learningcity/internal/locale"
	"learningcity/web/view/ui"
)

// auditAddress is where an act came from; what is done at the shell has no address.
func auditAddress(p *locale.Printer, address string) string {
	if address == "" {
		return p.T("audit_list.at_shell")
	}
	return p.T("audit_list.address", "address", address)
}

func auditBlank(v AuditList) ui.Blank {
	if !v.Chosen {
		return ui.Blank{Title: v.P.T("audit_list.empty.title"), Text: v.P.T("audit_list.empty.text")}
	}
	return ui.Blank{
		Title: v.P.T("audit_list.none.title"), Text: v.P.T("audit_list.none.text"),
		Action: ui.Link{Text: v.P.T("audit_list.clear"), Href: v.ClearRef},
	}
}
